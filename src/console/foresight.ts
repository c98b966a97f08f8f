// What the solver says of the future, as the views ask for it. Nothing of it is computed here; a console without a solver says that it
// does not know.
import type { Preview, XVerdict } from '../model/preview.ts'

export interface Foresight {
  readonly preview?: Preview
  readonly verdict?: XVerdict
  /** Where a VM restarts when the HWM it runs on fails, or `waits`, or `no room`. Absent: not computed. */
  ifItsHwmFails?(vm: string, kind: 'havm' | 'vm' | 'unmanaged'): string | undefined
  /** Amount of a dimension that an HWM keeps free for the fallback of others. */
  keptFree?(hwm: string, dimension: string): number | undefined
}

export const NO_FORESIGHT: Foresight = {}

/** The engine's word. */
export function foresightOf(preview: Preview | undefined): Foresight {
  if (preview === undefined) return NO_FORESIGHT
  const { verdict, ifFails, kept } = preview
  if (verdict === undefined) return { preview }
  return {
    preview,
    verdict,
    ifItsHwmFails: (vm, kind) => {
      if (kind === 'vm') return 'waits'
      const target = kind === 'havm' ? ifFails[vm] : undefined
      return target === '' ? 'no room' : target
    },
    keptFree: (hwm, dimension) => kept[hwm]?.amounts[dimension],
  }
}
