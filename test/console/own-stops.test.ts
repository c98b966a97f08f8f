// A guest shuts itself down while consoles only look: one that may act has it written down after a while, one that is read-only never.
import { test } from 'vitest'
import { actOn } from '../../src/simulator/lines.ts'
import { onLiving } from './language/living.ts'
import { alive, console, type Scene } from './language/story.ts'

const shutsDown = ({ live }: Scene) => void actOn(live!.simulation, 'stop test')

test('a console that may act: it stays off from then on, and the log says so', () =>
  onLiving('80x30')
    .does(shutsDown)
    .type(':open test\r')
    .lives('stopped on snailin')
    .sees(/should be +running/)
    .lives(/should be +stopped/, '3 min')
    .sees('its guest shut itself down: it is left stopped'))

test('a read-only console writes nothing, however long it looks', () =>
  console
    .at('80x30')
    .on(alive({ readOnly: true }))
    .lives('running 7')
    .does(shutsDown)
    .type(':open test\r')
    .lives('stopped on snailin')
    .after('5 min')
    .lives('5 min')
    .sees(/should be +running/)
    .press('6')
    .doesNotSee('is left stopped'))
