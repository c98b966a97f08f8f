import { describe, expect, test } from 'vitest'
import { hwmLanguage, vmLanguage } from '../../src/console/fields.ts'
import { parseFilter } from '../../src/console/filter.ts'
import { Picture } from '../../src/console/picture.ts'
import { diff } from '../../src/engine/patch.ts'
import { threeHosts } from './made-up.ts'

const snapshot = threeHosts()
const picture = new Picture()
const patch = diff(undefined, snapshot)
if (patch) picture.take(snapshot, patch)

function vms(text: string): string[] {
  const filter = parseFilter(text, vmLanguage())
  expect(filter.problem).toBeUndefined()
  return [...picture.vms()].filter(vm => filter.shows(vm)).map(vm => vm.name)
}

describe('the filter language', () => {
  test.each([
    ['', 7],
    ['ceph', 3],
    ['CEPH', 3],
    ['!ceph', 4],
    ['ceph !ceph1', 2],
    ['"win7"', 1],
    ['"win7', 1],
    ['hwm:quark', 2],
    ['hwm:qua', 2],
    ['hwm=qua', 0],
    ['hwm=QUARK', 2],
    ['hwm:*k', 2],
    ['!hwm:quark', 5],
    ['kind:havm', 3],
    ['kind:havm hwm:quark', 2],
    ['hwm:quark|snailin', 4],
    ['state:running', 7],
    ['state:away', 0],
    ['state:home', 7],
    ['ram>4G', 1],
    ['ram>=4G', 6],
    ['ram<4GiB', 1],
    ['ram:4G', 5],
    ['!ram>4G', 6],
    ['cpu>2', 1],
    ['load>0.1', 7],
    ['load>99%', 0],
    ['priority>=50', 3],
  ])('%s shows %i', (text, count) => {
    expect(vms(text)).toHaveLength(count)
  })

  test('HWMs by share of a capacity, by label, by what is on them', () => {
    const shown = (text: string) => {
      const filter = parseFilter(text, hwmLanguage(picture))
      expect(filter.problem).toBeUndefined()
      return [...picture.hwms()].filter(hwm => filter.shows(hwm)).map(hwm => hwm.name)
    }
    expect(shown('ram>40%')).toEqual(['andreys'])
    expect(shown('vms:2')).toEqual(['quark', 'snailin'])
    expect(shown('label:rack=b')).toEqual(['andreys'])
    expect(shown('state:up rack:a')).toEqual(['quark', 'snailin'])
    expect(shown('state:down')).toEqual([])
  })

  test.each([
    ['hmw:quark', "no field 'hmw': did you mean 'hwm'?"],
    ['zzz:1', "no field 'zzz'"],
    ['ram>much', "'much' is no amount of ram"],
    ['state>2', "'state' is a word: write state:2 or state=2"],
    ['priority>5%', "'priority' takes no percentage"],
  ])('%s is not understood, and filters nothing', (text, problem) => {
    const filter = parseFilter(text, vmLanguage())
    expect(filter.problem).toBe(problem)
    expect([...picture.vms()].every(vm => filter.shows(vm))).toBe(true)
  })

  test('half a word while it is typed filters nothing yet', () => {
    for (const text of ['hwm:', 'ram>', '!', '"', 'ram>=']) expect(vms(text)).toHaveLength(7)
  })
})
