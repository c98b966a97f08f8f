// A connection to a made-up host's libvirt, over a line (line.ts) that behaves as real ones do.
import type { Clock } from '../model/clock.ts'
import type {
  CallOptions,
  DomainEvent,
  DomainRef,
  DomainStats,
  DomainStatus,
  HostFacts,
  HostStats,
  Hypervisor,
  OpenHypervisor,
} from '../libvirt/hypervisor.ts'
import { HypervisorRefused, HypervisorUnreachable, LibvirtError } from '../libvirt/errors.ts'
import type { SimulatedHost } from './host.ts'
import { domainXml } from './domain-xml.ts'
import type { LineTimes } from './line.ts'
import { Line } from './line.ts'

const DEFAULT_OPEN_MS = 10_000
/** libvirt's numbers: VIR_ERR_NO_DOMAIN of VIR_FROM_QEMU. */
const NO_DOMAIN = { code: 42, from: 10 }

/** Opens a connection as open.ts does. */
export async function openSimulated(
  host: SimulatedHost,
  clock: Clock,
  times: LineTimes,
  options: Parameters<OpenHypervisor>[1],
): Promise<Hypervisor> {
  return new SimulatedHypervisor(
    host,
    await openLine(host, clock, times, options),
    options.readOnly,
  )
}

/** The line that connections are made on; its handshakes cost four times the latency. */
export async function openLine(
  host: SimulatedHost,
  clock: Clock,
  times: LineTimes,
  options: CallOptions,
): Promise<Line> {
  const { timeoutMs = DEFAULT_OPEN_MS, signal } = options
  const line = new Line(host, clock, times)
  const tooLate = () =>
    new HypervisorUnreachable(
      `${host.isReachable ? 'libvirtd' : 'ssh'}: no answer within ${timeoutMs / 1000} s`,
    )
  try {
    const limits = signal ? { timeoutMs, signal } : { timeoutMs }
    await line.ask(() => admit(host), times.latencyMs * 4, limits, tooLate)
  } catch (error) {
    line.end(error instanceof Error ? error : new Error(String(error)))
    throw error
  }
  return line
}

function admit(host: SimulatedHost): void {
  if (!host.keyIsKnown)
    throw new HypervisorRefused(
      `the host key of ${host.name} is not the known one (SHA256:3q2+7wAtn9yM0aPv): compare it on the host's own screen`,
    )
  if (host.libvirtd === 'stopped')
    throw new HypervisorRefused(`${host.name} has no libvirt socket: is libvirtd running there?`)
}

export class SimulatedHypervisor implements Hypervisor {
  readonly readOnly: boolean
  protected readonly host: SimulatedHost
  protected readonly line: Line
  readonly #listeners = new Set<(event: DomainEvent) => void>()

  constructor(host: SimulatedHost, line: Line, readOnly: boolean) {
    this.host = host
    this.line = line
    this.readOnly = readOnly
    line.onEvent = event => {
      for (const listener of this.#listeners) listener(event)
    }
  }

  get closed(): AbortSignal {
    return this.line.closed
  }

  facts(options?: CallOptions): Promise<HostFacts> {
    return this.line.call('facts', () => this.host.facts(), options)
  }

  hostStats(options?: CallOptions): Promise<HostStats> {
    return this.line.call('host statistics', () => this.host.hostStats(), options)
  }

  domains(options?: CallOptions): Promise<readonly DomainStatus[]> {
    return this.line.call('list of domains', () => this.host.domains(), options)
  }

  stats(options?: CallOptions): Promise<readonly DomainStats[]> {
    return this.line.call('statistics of all domains', () => this.host.stats(), options)
  }

  xml(domain: DomainRef, _which: 'live' | 'inactive', options?: CallOptions): Promise<string> {
    const read = () => {
      const guest = this.host.guest(domain.name)
      if (guest) return domainXml(guest)
      const message = `Domain not found: no domain with matching name '${domain.name}'`
      throw new LibvirtError(message, NO_DOMAIN.code, NO_DOMAIN.from)
    }
    return this.line.call('domain XML', read, options)
  }

  onDomainEvent(listener: (event: DomainEvent) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.line.end(new Error('closed'))
    return Promise.resolve()
  }
}
