/** The time in ms by a clock that all processes of a machine share, of no meaning but to be compared. */
export function sharedMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
