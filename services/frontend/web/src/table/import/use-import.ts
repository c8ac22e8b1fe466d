import { computed, onScopeDispose, reactive, shallowRef } from 'vue';
import type { ImportFault, ProductImport } from '../../../../shared/product-import.ts';
import { ApiError } from '../../api.ts';
import { importProducts } from '../products-api.ts';
import { mappingOf, readHead, type CsvHead, type Mapping } from './csv-file.ts';
import { partsOf, readRows } from './import-rows.ts';

/** Of many faults, the first say enough. */
const mostFaultsKept = 500;
/** A part that the server could not take now is sent again, so often. */
const attempts = 5;

type Stage = 'choose' | 'map' | 'checking' | 'checked' | 'sending' | 'done';

/** One import: file ─► columns ─► all rows checked ─► sent part by part ─► done. */
export function useImport(onWritten: () => void) {
  const stage = shallowRef<Stage>('choose');
  const file = shallowRef<File>();
  const head = shallowRef<CsvHead>();
  const mapping = reactive<Mapping>({
    name: undefined,
    sku: undefined,
    description: undefined,
    price: undefined,
  });
  const existing = shallowRef<ProductImport['existing']>('update');
  const failure = shallowRef<string>();
  const sound = shallowRef(0);
  const faults = shallowRef<ImportFault[]>([]);
  const faultCount = shallowRef(0);
  const sent = shallowRef(0);
  const written = reactive({ inserted: 0, updated: 0, skipped: 0 });
  const rowsPerSecond = shallowRef(0);
  let work = new AbortController();

  const isMapped = computed(() => Object.values(mapping).every((place) => place !== undefined));
  const secondsLeft = computed(() =>
    rowsPerSecond.value === 0 ? undefined : (sound.value - sent.value) / rowsPerSecond.value,
  );

  async function choose(chosen: File): Promise<void> {
    reset();
    file.value = chosen;
    await attempt('choose', async () => {
      const found = await readHead(chosen);
      head.value = found;
      Object.assign(mapping, mappingOf(found.header));
      stage.value = 'map';
    });
  }

  /** Looks at every row before anything is written. */
  async function check(): Promise<void> {
    stage.value = 'checking';
    [sound.value, faultCount.value, faults.value] = [0, 0, []];
    await attempt('map', async (signal) => {
      const kept: ImportFault[] = [];
      let [good, bad] = [0, 0];
      for await (const row of rows()) {
        signal.throwIfAborted();
        if (row.product) good += 1;
        else bad += 1;
        kept.push(...row.faults.slice(0, mostFaultsKept - kept.length));
        if ((good + bad) % 500 === 0) [sound.value, faultCount.value] = [good, bad];
      }
      [sound.value, faultCount.value, faults.value] = [good, bad, kept];
      stage.value = 'checked';
    });
  }

  async function send(): Promise<void> {
    stage.value = 'sending';
    Object.assign(written, { inserted: 0, updated: 0, skipped: 0 });
    [sent.value, rowsPerSecond.value] = [0, 0];
    const beganAt = performance.now();
    await attempt('checked', async (signal) => {
      for await (const part of partsOf(rows())) {
        const answer = await sendPart({ existing: existing.value, rows: part }, signal);
        written.inserted += answer.inserted;
        written.updated += answer.updated;
        written.skipped += answer.skipped;
        faultCount.value += answer.faults.length;
        faults.value = [...faults.value, ...answer.faults].slice(0, mostFaultsKept);
        sent.value += part.length;
        rowsPerSecond.value = sent.value / ((performance.now() - beganAt) / 1_000);
      }
      stage.value = 'done';
    });
    if (sent.value > 0) onWritten();
  }

  /** Ends what is under way. What was written stays; the same file can be imported again. */
  function cancel(): void {
    work.abort();
  }

  function reset(): void {
    cancel();
    stage.value = 'choose';
    file.value = undefined;
    head.value = undefined;
    failure.value = undefined;
    [sound.value, faultCount.value, faults.value, sent.value] = [0, 0, [], 0];
  }

  function rows() {
    if (!file.value || !head.value) throw new Error('There is no file.');
    return readRows(file.value, head.value, { ...mapping });
  }

  /** @param back the stage to go back to when it fails or is cancelled. */
  async function attempt(back: Stage, doing: (signal: AbortSignal) => Promise<void>) {
    work = new AbortController();
    const { signal } = work;
    failure.value = undefined;
    try {
      await doing(signal);
    } catch (error) {
      if (work.signal === signal) stage.value = back;
      if (!signal.aborted) failure.value = (error as Error).message;
    }
  }

  onScopeDispose(cancel);
  return {
    ...{ stage, file, head, mapping, isMapped, existing, failure },
    ...{ sound, faults, faultCount, sent, written, rowsPerSecond, secondsLeft },
    ...{ choose, check, send, cancel, reset },
  };
}

/** @throws ApiError when the server still cannot take it after some attempts. */
async function sendPart(part: ProductImport, signal: AbortSignal) {
  for (let left = attempts; ; left -= 1) {
    try {
      return await importProducts(part, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ApiError) || error.retryAfterSeconds === undefined || left <= 1)
        throw error;
      await pause(error.retryAfterSeconds * 1_000, signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
