// What can go wrong with a lab, as sentences for people.

/** `exitStatus` is what a command that meets it ends with: 1 failed, 2 wrong input. */
export class LabError extends Error {
  readonly exitStatus: number
  constructor(sentence: string, exitStatus = 1) {
    super(sentence)
    this.name = new.target.name
    this.exitStatus = exitStatus
  }
}

/** There can be no lab here, or there is none of that name. */
export class LabUnavailable extends LabError {}

/** A file or object does not describe a lab. */
export class BadLabSpec extends LabError {}

/** The lab has no host, guest or place of that name. */
export class NotInLab extends LabError {
  constructor(lab: string, name: string) {
    super(`Lab '${lab}' has no '${name}'.`, 2)
  }
}

/** The host has no power, so this cannot be done with it. */
export class HostIsDown extends LabError {
  constructor(host: string) {
    super(`${host} is off; start it first.`)
  }
}

/** A condition of the lab did not become true in time. */
export class NotInTime extends LabError {
  constructor(what: string, limitMs: number) {
    super(`Waited ${limitMs / 1000} s for ${what}.`)
  }
}

/** This machine's kernel cannot make that kind of bad cable. */
export class LinkFaultUnsupported extends LabError {
  constructor(what: string, why: string) {
    super(`This kernel cannot ${what} (${why}).`)
  }
}
