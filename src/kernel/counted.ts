/** So many of something, in words: 1 day, 2 days. @param many - @defaultValue the word with an s */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count.toLocaleString('en')} ${count === 1 ? one : many}`
