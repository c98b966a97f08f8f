import { expect, test } from 'vitest'
import { CommandFailed, EXIT } from '../../src/cli/exit.ts'
import { describeFailure } from '../../src/cli/failure.ts'
import { Ambiguous, StoreRefused, StoreUnavailable } from '../../src/etcd/store.ts'
import {
  CallTimedOut,
  HypervisorRefused,
  HypervisorUnreachable,
  LibvirtError,
} from '../../src/libvirt/errors.ts'

const running = new AbortController().signal

test.each([
  [new StoreUnavailable('no quorum'), 4],
  [new Ambiguous('connection lost'), 4],
  [new HypervisorUnreachable('quark: connection timed out'), 4],
  [new CallTimedOut('domain list', 5000), 4],
  [new DOMException('over', 'TimeoutError'), 4],
  [new StoreRefused('permission denied'), 1],
  [new HypervisorRefused('quark: host key changed'), 1],
  [new LibvirtError('operation failed', 9, 10), 1],
])('%s ends with %d, in one line', (error, status) => {
  const failure = describeFailure(error, running)
  expect(failure.status).toBe(status)
  expect(failure.lines).toHaveLength(1)
  expect(failure.lines[0]).toMatch(/^yasco: /)
  expect(failure.lines[0]).not.toContain('    at ')
})

test('a mistake of the program shows where it is', () => {
  expect(describeFailure(new TypeError('x is undefined'), running).lines[0]).toContain('    at ')
})

test('Ctrl-C is told as such, whatever it ended', () => {
  const stop = new AbortController()
  stop.abort(new CommandFailed(EXIT.failed, 'ended by SIGINT'))
  const said = { lines: ['yasco: ended by SIGINT'], status: 1 }
  expect(describeFailure(stop.signal.reason, stop.signal)).toEqual(said)
  const aborted = new DOMException('This operation was aborted', 'AbortError')
  expect(describeFailure(aborted, stop.signal)).toEqual(said)
  const withCause = Object.assign(new Error('aborted', { cause: stop.signal.reason }), {
    name: 'AbortError',
  })
  expect(describeFailure(withCause, stop.signal)).toEqual({
    lines: ['yasco: ended by SIGINT'],
    status: 1,
  })
})
