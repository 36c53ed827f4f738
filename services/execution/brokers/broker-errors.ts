/**
 * The broker was asked and says no: the keys, the account or the question are not good. Whatever else an adapter throws
 * means that the broker could not be asked.
 */
export class BrokerRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = "BrokerRefused";
  }
}
