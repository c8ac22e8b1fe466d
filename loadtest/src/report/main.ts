import { readFile, writeFile } from 'node:fs/promises';
import { resultSchema } from '../result.ts';
import { reportFiles } from './report-files.ts';

/** Writes reports anew from results, beside them: node loadtest/src/report/main.ts loadtest/results/NAME.json ... */

for (const file of process.argv.slice(2)) {
  const result = resultSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  for (const [ending, text] of Object.entries(reportFiles(result))) {
    await writeFile(file.replace(/\.json$/, `.${ending}`), text);
  }
}
