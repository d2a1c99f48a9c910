/** One database cluster for the whole run; replaced as soon as the store exists. */
export default function setup(): void {}
