// What a guest's serial log proves. Pure.
//
// A guest prints "B<boots> T<ticks>", ticks one by one, boots one more after each cold start. So over the whole log, whoever
// wrote it, (boots, ticks) only ever grows. Where it stands still or goes back, two copies of the guest have run.

export interface Beat {
  readonly boots: number
  readonly ticks: number
}

/** A place in the log that no single guest can have written. */
interface Contradiction {
  /** Line number, from 1. */
  readonly line: number
  readonly before: Beat
  readonly after: Beat
}

export interface SerialFacts {
  readonly beats: number
  readonly last: Beat | undefined
  readonly contradictions: readonly Contradiction[]
  /** Ticks that were never printed within one boot: lost, not doubled. */
  readonly lost: number
}

const beatAtEnd = /B(\d+) T(\d+)$/

/** The last whole beat of a log. */
export function lastBeat(log: string): Beat | undefined {
  return readSerial(log).last
}

/**
 * Reads a log. A line may begin with the torn last line of a QEMU that was killed while it printed: only its end counts, and
 * only when a newline follows.
 */
export function readSerial(log: string): SerialFacts {
  const contradictions: Contradiction[] = []
  let last: Beat | undefined
  let beats = 0
  let lost = 0
  const lines = log.split('\n')
  lines.pop()
  for (const [index, line] of lines.entries()) {
    const found = beatAtEnd.exec(line)
    if (!found) continue
    const beat = { boots: Number(found[1]), ticks: Number(found[2]) }
    beats++
    if (last) {
      if (beat.boots < last.boots || (beat.boots === last.boots && beat.ticks <= last.ticks)) {
        contradictions.push({ line: index + 1, before: last, after: beat })
      } else if (beat.boots === last.boots) lost += beat.ticks - last.ticks - 1
    }
    last = beat
  }
  return { beats, last, contradictions, lost }
}
