import { afterEach, describe, expect, it, vi } from 'vitest';
import { filesFromDrop, filesFromPicker, nameOfCase } from './dropped-files';

const input = (name: string, text = '') => ({ file: new Blob([text]), name, lastModifiedMs: 0 });

function fileEntry(fullPath: string) {
  return {
    isDirectory: false,
    fullPath,
    name: fullPath.slice(fullPath.lastIndexOf('/') + 1),
    file: (resolve: (file: File) => void) => resolve(new File(['x'], fullPath)),
  };
}

/** As Chromium: a reader gives its entries in batches, and an empty one at the end. */
function folderEntry(fullPath: string, children: readonly unknown[], batchSize: number) {
  return {
    isDirectory: true,
    fullPath,
    name: fullPath.slice(fullPath.lastIndexOf('/') + 1),
    createReader: () => {
      let at = 0;
      return {
        readEntries: (resolve: (entries: readonly unknown[]) => void) => {
          resolve(children.slice(at, at + batchSize));
          at += batchSize;
        },
      };
    },
  };
}

function drop(entries: readonly unknown[]): DataTransfer {
  const items = entries.map((entry) => ({
    kind: 'file',
    webkitGetAsEntry: () => entry,
    getAsFile: () => null,
  }));
  return { items } as unknown as DataTransfer;
}

describe('a drop', () => {
  it('walks folders to their end, whatever the size of a batch', async () => {
    const deep = folderEntry('/case/host', [fileEntry('/case/host/auth.log')], 1);
    const children = [...Array.from({ length: 7 }, (_, index) => fileEntry(`/case/f${index}.log`)), deep];
    const dropped = await filesFromDrop(drop([folderEntry('/case', children, 3), fileEntry('/flow.log.gz')]));
    expect(dropped.leftOut).toBe(0);
    expect(dropped.files.map((file) => file.name).toSorted()).toEqual([
      'case/f0.log',
      'case/f1.log',
      'case/f2.log',
      'case/f3.log',
      'case/f4.log',
      'case/f5.log',
      'case/f6.log',
      'case/host/auth.log',
      'flow.log.gz',
    ]);
  });
});

describe('the name of a new case', () => {
  it('is what an analyst would look for', () => {
    expect(nameOfCase([input('incident-7/a.log'), input('incident-7/b/c.log')])).toBe('incident-7');
    expect(nameOfCase([input('auth.log')])).toBe('auth.log');
    expect(nameOfCase([input('a/auth.log'), input('flow.gz'), input('x')])).toBe('auth.log and 2 more');
    expect(nameOfCase([input('README.md', 'see'), input('conn.log', 'many rows')])).toBe(
      'conn.log and 1 more',
    );
    expect(nameOfCase([input('flows-01.csv'), input('flows-02.csv')])).toBe('flows (2 files)');
    expect(nameOfCase([])).toBe('New case');
  });
});

describe('filesFromPicker', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('lets the page have its turn while thousands of files are looked up', async () => {
    // A file takes some milliseconds to look up.
    let nowMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 3));
    const list = Array.from({ length: 40 }, (_, i) => new File(['x'], `${i}.log`));
    let turns = 0;
    const page = setInterval(() => (turns += 1));
    const picking = filesFromPicker(list);
    list.length = 0;
    const { files, leftOut } = await picking;
    clearInterval(page);
    expect(turns).toBeGreaterThan(2);
    expect(leftOut).toBe(0);
    expect(files.map(({ name }) => name)).toEqual(Array.from({ length: 40 }, (_, i) => `${i}.log`));
  });
});
