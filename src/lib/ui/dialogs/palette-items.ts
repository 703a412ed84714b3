import { placeWords } from '../../analysis/place-words';
import { setShowsCaseZone } from '../../notebook/edits';
import type { AppState } from '../../state/app-state.svelte';
import type { CaseSession } from '../../state/case-session.svelte';
import { CELL_NAMES } from '../cells/names';
import { openActor, tablesInUse } from '../open';
import { rungText } from '../rung-text';
import { PLACES, type Shell } from '../shell.svelte';

export interface PaletteItem {
  readonly key: string;
  readonly kind: string;
  readonly label: string;
  readonly hint?: string;
  /** Text from logs, shown in monospace. */
  readonly isEvidence?: boolean;
  run(): void;
}

const MOST_FOUND = 60;

/** Everything that can be found by its name: commands, cells, services, assets, sources, campaigns, actors. */
export function itemsOf(app: AppState, session: CaseSession, shell: Shell): readonly PaletteItem[] {
  return [...commands(app, session, shell), ...places(shell), ...things(session, shell)];
}

function commands(app: AppState, session: CaseSession, shell: Shell): PaletteItem[] {
  const command = (label: string, run: () => void, hint?: string): PaletteItem => ({
    key: `command:${label}`,
    kind: 'command',
    label,
    run,
    ...(hint === undefined ? {} : { hint }),
  });
  const isCaseZone = session.document.showsCaseZone;
  return [
    command('Undo', () => session.undo(), 'Ctrl Z'),
    command('Redo', () => session.redo(), 'Shift Ctrl Z'),
    command('Clear selection and brush', () => session.clearFocus(), 'Esc'),
    command(isCaseZone ? 'Show times in UTC' : 'Show times in the case’s zone', () =>
      session.edit(setShowsCaseZone(!isCaseZone)),
    ),
    command(shell.copiesRaw ? 'Copy indicators defanged' : 'Copy indicators as they are', () =>
      shell.setCopiesRaw(!shell.copiesRaw),
    ),
    command('Name, zone and year of the case', () => shell.open({ kind: 'case', tab: 'general' })),
    command('Own networks and assets', () => shell.open({ kind: 'case', tab: 'assets' })),
    command('Service profiles', () => shell.open({ kind: 'case', tab: 'services' })),
    command('Known actors', () => shell.open({ kind: 'case', tab: 'actors' })),
    command('Set the exposure by hand', () => shell.open({ kind: 'case', tab: 'exposure' })),
    command('Distrust a host after a time', () => shell.open({ kind: 'case', tab: 'distrust' })),
    command('Run the analysis again', () => void session.analyze()),
    command('Stop the analysis', () => session.stopAnalysis()),
    command('Help and keys', () => shell.open({ kind: 'help' }), '?'),
    command('All cases', () => void app.close()),
  ];
}

function places(shell: Shell): PaletteItem[] {
  return PLACES.map((place, number) => ({
    key: `cell:${place}`,
    kind: 'cell',
    label: place === 'answer' ? 'The answer' : CELL_NAMES[place],
    hint: `g ${number}`,
    run: () => shell.goTo(place),
  }));
}

function things(session: CaseSession, shell: Shell): PaletteItem[] {
  const { findings } = session;
  const services = (findings?.answers ?? []).map(({ asset, service, verdict }) => ({
    key: `service:${asset} ${service}`,
    kind: 'service',
    label: placeWords({ asset, service }),
    hint: verdict,
    run: () => session.select({ asset, service }),
  }));
  const sources = session.sources.map((source) => ({
    key: `source:${source.id}`,
    kind: 'source',
    label: source.name,
    hint: source.formatLabel,
    isEvidence: true,
    run: () => shell.open({ kind: 'source', source }),
  }));
  const assets = (findings?.assets ?? []).map(({ asset, aliases, addresses }) => ({
    key: `asset:${asset}`,
    kind: 'asset',
    label: asset,
    hint: [...aliases, ...addresses]
      .filter((name) => name !== asset)
      .slice(0, 2)
      .join(', '),
    run: () => session.select({ asset }),
  }));
  const campaigns = (findings?.campaigns ?? []).map(({ id, fingerprint }) => ({
    key: `campaign:${id}`,
    kind: 'campaign',
    label: `${id} ${fingerprint}`,
    run: () => session.select({ campaign: id }),
  }));
  const actors = (findings?.actors ?? []).map(({ actor, standing, rung, label }) => ({
    key: `actor:${actor}`,
    kind: 'actor',
    label: actor,
    hint: `${label ?? standing}, ${rungText(rung, 'no rung')}`,
    isEvidence: true,
    run: () => openActor(session, actor),
  }));
  return [...services, ...assets, ...sources, ...campaigns, ...actors];
}

/**
 * Items whose text holds every typed word, those that begin with it first. Whatever is typed can also be looked for in the rows
 * themselves; indicators may be typed or pasted defanged.
 */
export function matchItems(
  items: readonly PaletteItem[],
  typed: string,
  session: CaseSession,
): readonly PaletteItem[] {
  const wanted = refang(typed.trim());
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return items.slice(0, MOST_FOUND);
  const found: { item: PaletteItem; isStart: boolean }[] = [];
  for (const item of items) {
    const text = `${item.label} ${item.kind} ${item.hint ?? ''}`.toLowerCase();
    if (words.every((word) => text.includes(word)))
      found.push({ item, isStart: text.startsWith(words[0] ?? '') });
  }
  const best = [...found.filter(({ isStart }) => isStart), ...found.filter(({ isStart }) => !isStart)];
  const inRows = tablesInUse(session.sources).map((table) => ({
    key: `rows:${table}`,
    kind: 'rows',
    label: `${table} that hold “${wanted}”`,
    run: () => session.openRows(`${table} that hold “${wanted}”`, [{ table, text: wanted }]),
  }));
  return [...best.slice(0, MOST_FOUND).map(({ item }) => item), ...inRows];
}

function refang(text: string): string {
  return text.replace(/\[([.:])\]/g, '$1').replace(/^hxxp/i, 'http');
}
