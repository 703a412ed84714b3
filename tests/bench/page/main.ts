/// <reference types="vite/client" />
import { dropToFindings, engineAnalyze, tab } from './analysis';
import { baseline, duckdbWasmRead, readOnly, undertone } from './contenders';
import { engineLoad, small } from './loading';

declare global {
  interface Window {
    bench: {
      readOnly: typeof readOnly;
      baseline: typeof baseline;
      undertone: typeof undertone;
      duckdbWasmRead: typeof duckdbWasmRead;
      engineLoad: typeof engineLoad;
      engineAnalyze: typeof engineAnalyze;
      dropToFindings: typeof dropToFindings;
      tab: typeof tab;
      small: typeof small;
    };
  }
}

window.bench = {
  readOnly,
  baseline,
  undertone,
  duckdbWasmRead,
  engineLoad,
  engineAnalyze,
  dropToFindings,
  tab,
  small,
};
