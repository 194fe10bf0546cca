/** Smaller pieces are put together, so that a peer that sends single bytes costs no more than one that sends many. */
const BLOCK_BYTES = 16 * 1024;

/** Bytes that have come and wait to be taken, in their order. The memory that it takes is in proportion to them. */
export class ByteStore {
  readonly #blocks: Buffer[] = [];
  #tail: Buffer | undefined;
  #tailBytes = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  push(data: Buffer): void {
    this.#bytes += data.length;
    if (data.length >= BLOCK_BYTES) {
      this.#seal();
      this.#blocks.push(data);
      return;
    }
    if (this.#tailBytes + data.length > BLOCK_BYTES) this.#seal();
    this.#tail ??= Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#tailBytes += data.copy(this.#tail, this.#tailBytes);
  }

  /** Takes what came first; nothing when nothing is left. */
  shift(): Buffer | undefined {
    if (this.#blocks.length === 0) this.#seal();
    const block = this.#blocks.shift();
    this.#bytes -= block?.length ?? 0;
    return block;
  }

  clear(): void {
    this.#blocks.length = 0;
    this.#tail = undefined;
    this.#tailBytes = 0;
    this.#bytes = 0;
  }

  #seal(): void {
    if (this.#tail) this.#blocks.push(this.#tail.subarray(0, this.#tailBytes));
    this.#tail = undefined;
    this.#tailBytes = 0;
  }
}
