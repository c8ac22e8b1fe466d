import { onScopeDispose, reactive } from 'vue';
import { isLastStep, journeyEventSchema, type JourneyStep } from '../../../shared/journey.ts';
import type { SavedProduct } from '../../../shared/product.ts';
import { journeyAddress } from './products-api.ts';

export type JourneyKind = 'added' | 'saved' | 'deleted' | 'restored';

/** How far a saved change has come on its way into search. */
export interface Journey {
  kind: JourneyKind;
  savedAt: number;
  /** Milliseconds since it was saved, of each step that is known. */
  steps: Partial<Record<JourneyStep, number>>;
  /** The server could not follow it any further. */
  lost: boolean;
  /** False where search has nothing to show of the change. */
  reachesSearch: boolean;
}

/** Browsers keep six connections to a server: journeys must leave some for all else. */
const mostAtOnce = 3;
/** How long a journey is shown behind its end, in milliseconds. */
const keepMs = 30_000;

/** Follows changes until search shows them, by the product's id. */
export function useJourneys() {
  const journeys = reactive(new Map<number, Journey>());
  const waiting: number[] = [];
  const open = new Map<number, EventSource>();

  function follow(kind: JourneyKind, { product, savedAt, reachesSearch }: SavedProduct): void {
    const { id } = product;
    end(id);
    journeys.set(id, { kind, savedAt, steps: { saved: 0 }, lost: false, reachesSearch });
    const journey = journeys.get(id);
    if (!reachesSearch && journey) finish(id, journey);
    else waiting.push(id);
    next();
  }

  function next(): void {
    const id = open.size < mostAtOnce ? waiting.shift() : undefined;
    const journey = id === undefined ? undefined : journeys.get(id);
    if (id === undefined || journey === undefined) return;
    const source = new EventSource(journeyAddress(id, journey.savedAt));
    open.set(id, source);
    source.onmessage = ({ data }) => {
      const { step, ms } = journeyEventSchema.parse(JSON.parse(String(data)));
      journey.steps[step] = ms;
      if (isLastStep(step)) finish(id, journey);
    };
    source.onerror = () => {
      // Lost connections are made again by the browser, refusals are not.
      if (source.readyState !== EventSource.CLOSED) return;
      journey.lost = true;
      finish(id, journey);
    };
  }

  function finish(id: number, journey: Journey): void {
    end(id);
    setTimeout(() => {
      if (journeys.get(id) === journey) journeys.delete(id);
    }, keepMs);
    next();
  }

  function end(id: number): void {
    open.get(id)?.close();
    open.delete(id);
    const place = waiting.indexOf(id);
    if (place >= 0) waiting.splice(place, 1);
  }

  onScopeDispose(() => {
    for (const source of open.values()) source.close();
    open.clear();
    waiting.length = 0;
  });
  return { journeys, follow };
}
