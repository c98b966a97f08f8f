// Resources: a vector over named dimensions. Every amount is a plain number in the dimension's base unit.

/** `ram` and `storage` in bytes, `cpu` in millicores, `rx` and `tx` in bit/s; a cluster's own dimensions are in units of their own. */
export type Dimension = string

export const STANDARD_DIMENSIONS = ['ram', 'storage', 'cpu', 'rx', 'tx'] as const

/** Amounts per dimension in base units. What is absent is not known (a capacity) or not asked for (a demand). */
export type Resources = Readonly<Record<Dimension, number>>
