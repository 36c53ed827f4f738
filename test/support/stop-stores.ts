/** Undoes what start-stores.ts did. */
export default async function stopStores(): Promise<void> {
  await globalThis.stopStores?.();
}
