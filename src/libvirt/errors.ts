// Errors of reaching and asking a libvirt, told apart by what the operator can do about them.

/** Nothing answers: power, network, timeout, connection lost. It may be dead; it is not proved dead. */
export class HypervisorUnreachable extends Error {
  override readonly name: string = 'HypervisorUnreachable'
}

/** The host lives but does not let us in: host key, authentication, no libvirt socket, permission. */
export class HypervisorRefused extends Error {
  override readonly name: string = 'HypervisorRefused'
}

/** libvirt itself answered with an error. `code` and `domain` are libvirt's numbers (virErrorNumber, virErrorDomain). */
export class LibvirtError extends Error {
  override readonly name: string = 'LibvirtError'
  readonly code: number
  readonly domain: number
  constructor(message: string, code: number, domain: number) {
    super(message)
    this.code = code
    this.domain = domain
  }
}

/** No answer within the call's time limit; the connection may still be good. */
export class CallTimedOut extends Error {
  override readonly name: string = 'CallTimedOut'
  readonly call: string
  readonly timeoutMs: number
  constructor(call: string, timeoutMs: number) {
    super(`libvirt gave no answer to '${call}' within ${timeoutMs} ms`)
    this.call = call
    this.timeoutMs = timeoutMs
  }
}
