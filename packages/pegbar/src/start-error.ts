/** A start that cannot be: what is wrong and what to do. */
export class StartError extends Error {
  readonly cure: string;

  constructor(message: string, cure: string) {
    super(message);
    this.cure = cure;
  }
}
