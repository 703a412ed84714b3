export interface StorageEstimate {
  readonly usedBytes: number;
  readonly quotaBytes: number;
}

/** What the browser says that this page uses and may use; null where it does not say. */
export async function storageEstimate(): Promise<StorageEstimate | null> {
  const storage = globalThis.navigator?.storage as StorageManager | undefined;
  if (!storage?.estimate) return null;
  const { usage, quota } = await storage.estimate();
  return usage === undefined || quota === undefined ? null : { usedBytes: usage, quotaBytes: quota };
}

/**
 * Asks that the browser does not clear the cases when disk space runs low. False: it may, so a case that matters should be
 * exported. Only a page may ask, not a worker.
 */
export async function requestPersistence(): Promise<boolean> {
  const storage = globalThis.navigator?.storage as StorageManager | undefined;
  if (!storage?.persist) return false;
  return (await storage.persisted()) || (await storage.persist());
}
