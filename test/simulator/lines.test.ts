// Lines that mean nothing say what would; stories that are none name the line.
import { expect, test } from 'vitest'
import { actOn, BadLine } from '../../src/simulator/lines.ts'
import { FIRST_LOOK } from '../../src/simulator/first-look.ts'
import { threeHosts } from '../../src/simulator/made-up.ts'
import { Simulation } from '../../src/simulator/simulation.ts'
import { BadStory, parseStory } from '../../src/simulator/story.ts'
import { VirtualClock } from '../../src/simulator/virtual-clock.ts'

const wrong: readonly [string, RegExp][] = [
  ['explode quark', /does not know 'explode'; it knows kill, rescue,/],
  ['kill', /no HWM is named ''/],
  ['kill nobody', /no HWM is named 'nobody'/],
  ['stop nobody', /no VM is named 'nobody'/],
  ['migrate test snailin', /test is on snailin/],
  ['libvirtd quark dance', /expected hang, stop or start, not 'dance'/],
  ['key quark lost', /expected changed or known, not 'lost'/],
  ['etcd lose 4', /expected: etcd lose 1..3/],
  ['etcd lose', /expected: etcd lose 1..3/],
]

for (const [line, message] of wrong) {
  test(`'${line}' is refused in words`, () => {
    const simulation = new Simulation({ cluster: threeHosts(), clock: new VirtualClock(), seed: 1 })
    expect(() => actOn(simulation, line)).toThrow(BadLine)
    expect(() => actOn(simulation, line)).toThrow(message)
  })
}

test('help tells every line, and every line of the demo is one', () => {
  const simulation = new Simulation({ cluster: threeHosts(), clock: new VirtualClock(), seed: 1 })
  const help = actOn(simulation, 'help')
  const verbs = parseStory(FIRST_LOOK).steps.flatMap(step =>
    'line' in step ? [step.line.split(' ')[0]] : [],
  )
  expect(verbs.filter(verb => !help.includes(`${verb} `))).toEqual([])
})

test('a VM that does not run cannot be stopped, nor started on a dead host', () => {
  const simulation = new Simulation({ cluster: threeHosts(), clock: new VirtualClock(), seed: 1 })
  actOn(simulation, 'stop test')
  expect(() => actOn(simulation, 'stop test')).toThrow('test does not run')
  actOn(simulation, 'kill snailin')
  expect(() => actOn(simulation, 'start test')).toThrow('snailin has no power')
})

test('a story names its wrong line', () => {
  expect(() => parseStory('# fine\nkill quark')).toThrow(BadStory)
  expect(() => parseStory('# fine\nkill quark')).toThrow(/^line 2: expected/)
  expect(() => parseStory('> 10 kill quark\n> 5 rescue quark')).toThrow(/^line 2: 5 s is before/)
})
