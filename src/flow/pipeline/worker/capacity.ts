/** The most steps that one machine works on at the same time. */
export const capacityMax = 256
