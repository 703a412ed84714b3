import type { SourceOptions } from '../formats/format';
import type { Thresholds } from './thresholds';

export { DEFAULT_THRESHOLDS, type Thresholds } from './thresholds';

/** A service's port as written in case.json and on screen: `9200/tcp`. */
export type ServiceText = string;

/** case.json, the headless contract's input; the same values are edited on screen. Anything left out is inferred, and said to be. */
export interface CaseParameters {
  readonly name?: string;
  /** IANA zone of clocks that name none. Default UTC. */
  readonly zone?: string;
  /** Year of the first year-less line. */
  readonly year?: number;
  readonly ownNetworks?: readonly string[];
  readonly assets?: readonly { readonly name: string; readonly aliases?: readonly string[] }[];
  readonly services?: readonly ServiceProfile[];
  readonly sources?: readonly SourceRule[];
  readonly knownActors?: readonly {
    readonly actor?: string;
    readonly cidr?: string;
    readonly label: string;
    /** The file of ranges that it came out of. */
    readonly list?: string;
  }[];
  readonly exposure?: readonly ExposureInput[];
  readonly thresholds?: Partial<Thresholds>;
  /** "Distrust HOST after T": the host's own logs stop counting for negatives from then on. ISO 8601. */
  readonly distrust?: readonly { readonly asset: string; readonly after: string }[];
}

export interface ServiceProfile {
  /** Absent: the profile holds for the port on every asset. */
  readonly asset?: string;
  readonly port: number;
  /** `tcp`, `udp` or an IANA number as text. Default tcp. */
  readonly proto?: string;
  readonly name?: string;
  readonly authRequired?: boolean;
  readonly tls?: boolean;
  readonly adminWithoutAuth?: boolean;
}

/** What the analyst says about the sources whose name matches a glob (`*` and `?`). */
export interface SourceRule extends SourceOptions {
  readonly name: string;
  readonly format?: string;
  /** The asset that wrote it. */
  readonly asset?: string;
  /** Whether it is stored out of reach of who takes over the asset. Flow logs and cloud audit logs are by default. */
  readonly heldOffAsset?: boolean;
  /** The analyst vouches for it although it lies on the asset: it counts for negatives until the asset may be lost. */
  readonly trusted?: boolean;
}

export interface ExposureInput {
  readonly asset: string;
  readonly port: number;
  readonly proto?: string;
  /** ISO 8601; absent means open before the evidence begins / still open at its end. */
  readonly opened?: string;
  readonly closed?: string;
}
