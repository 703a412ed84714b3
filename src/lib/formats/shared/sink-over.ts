import type { RecordSink } from '../format';

type Accounts = Pick<RecordSink, 'reject' | 'skip' | 'note' | 'number' | 'isRepeat'>;

/** A sink whose rows go to `sink`, and of whose accounts `own` takes some itself. A table is made, as ever, when it is first asked for. */
export function sinkOver(sink: RecordSink, own: Partial<Accounts>): RecordSink {
  return {
    dictionaries: sink.dictionaries,
    get flows() {
      return sink.flows;
    },
    get logins() {
      return sink.logins;
    },
    get queries() {
      return sink.queries;
    },
    get changes() {
      return sink.changes;
    },
    reject: (...said) => sink.reject(...said),
    skip: (...said) => sink.skip(...said),
    note: (text) => sink.note(text),
    number: (...said) => sink.number(...said),
    isRepeat: (...hash) => sink.isRepeat(...hash),
    ...own,
  };
}
