import { writeFileSync } from 'node:fs';
import { generatedFiles } from './generated.ts';

/** `make crd` */
for (const [file, content] of await generatedFiles()) writeFileSync(file, content);
