import type { Ground } from './context';
import type { Coverage } from './coverage';
import type { RotationFinding } from './findings';
import type { Ladder } from './ladder';

export function planRotation(ground: Ground, ladder: Ladder, coverage: Coverage): RotationFinding[] {
  void [ground, ladder, coverage];
  return [];
}
