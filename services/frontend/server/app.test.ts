import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentHash, managedMetadata, recordId } from '@aviary/change-job';
import { Embedder } from '@aviary/embedding';
import { startEmbeddings } from '@aviary/local/embeddings';
import { startPinecone } from '@aviary/local/pinecone';
import { createPool } from '@aviary/postgres';
import { createLogger } from '@aviary/runtime';
import { loadSemanticIndexes } from '@aviary/semantic-index';
import { testDatabase, testQueue } from '@aviary/testing';
import { VectorIndex } from '@aviary/vector-index';
import type { Express } from 'express';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { problemSchema } from '../shared/problem.ts';
import {
  deletedProductSchema,
  productPageSchema,
  productSchema,
  savedProductSchema,
  syncSchema,
  type Product,
} from '../shared/product.ts';
import { searchPageSchema } from '../shared/search.ts';
import { statusSchema } from '../shared/status.ts';
import { ApiContract } from './api-contract.ts';
import { createApp } from './app.ts';
import { connectParts } from './connect.ts';
