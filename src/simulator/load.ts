// How busy a made-up guest is: a slow wave with steps in it, the same for the same seed, and counters that follow from it.

/** A figure in [0, 1) that depends on nothing but its arguments. */
export function noise(seed: number, step: number): number {
  let x = (seed ^ Math.imul(step + 1, 0x9e3779b1)) >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return ((x ^ (x >>> 15)) >>> 0) / 4294967296
}

/** A number for a name, so that every guest has a life of its own. FNV-1a. */
export function seedOf(name: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

const STEP_MS = 30_000
const WAVE_MS = 20 * 60_000

/** The share of its vCPUs a guest uses at `ms`: around `mean`, in [0.002, 1]. */
export function loadAt(seed: number, mean: number, ms: number): number {
  const wave = Math.sin(2 * Math.PI * (ms / WAVE_MS + noise(seed, -2)))
  const step = noise(seed, Math.floor(ms / STEP_MS)) - 0.5
  return Math.min(1, Math.max(0.002, mean * (1 + 0.4 * wave + 0.7 * step)))
}

/** Counters of a guest since its start, in libvirt's units: ns of CPU, bytes. */
export interface Counters {
  cpuTime: number
  rx: number
  tx: number
  read: number
  written: number
}

export function zero(): Counters {
  return { cpuTime: 0, rx: 0, tx: 0, read: 0, written: 0 }
}

/** Bytes for every ms of CPU: a guest that computes also talks and stores. */
const PER_CPU_MS = { rx: 900, tx: 1_700, read: 2_500, written: 1_100 }

/** Lets a guest of `vcpus` run at `load` for `ms`. */
export function run(
  counters: Counters,
  seed: number,
  vcpus: number,
  load: number,
  ms: number,
): void {
  const cpuMs = load * vcpus * ms
  counters.cpuTime += Math.round(cpuMs * 1e6)
  counters.rx += Math.round(cpuMs * PER_CPU_MS.rx * (0.2 + noise(seed, -3)))
  counters.tx += Math.round(cpuMs * PER_CPU_MS.tx * (0.2 + noise(seed, -4)))
  counters.read += Math.round(cpuMs * PER_CPU_MS.read * noise(seed, -5))
  counters.written += Math.round(cpuMs * PER_CPU_MS.written * noise(seed, -6))
}
