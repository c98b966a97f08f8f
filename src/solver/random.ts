// A small seeded generator, so that a seed makes every answer repeatable. sfc32 (C. Doty-Humphrey, PractRand), 128 bits of state.

/** Uniform numbers; equal seeds give equal sequences. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform whole number in [0, below). */
  below(below: number): number
}

export function seeded(seed: number): Random {
  let a = 0x9e3779b9 | 0
  let b = seed | 0
  let c = Math.floor(seed / 4294967296) | 0
  let counter = 1
  const bits = (): number => {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return t >>> 0
  }
  for (let i = 0; i < 12; i++) bits()
  return {
    next: () => bits() / 4294967296,
    below: below => Math.floor((bits() / 4294967296) * below),
  }
}
