/** The import rules of docs/architecture.md. @type {import('dependency-cruiser').IConfiguration} */
const sdk = (name, owner, module) => ({
  name: `sdk-${name}-only-in-${name}`,
  severity: 'error',
  comment: `The SDK ${module} is imported only inside ${owner}; everything else goes through that package.`,
  from: { pathNot: [owner, '^local/', '^bench/', '^e2e/', '^packages/testing/', '\\.test\\.ts$'] },
  to: { path: `node_modules/${module}(/|$)` },
});

const stages = (service, names) => ({
  name: `${service}-stages-apart`,
  severity: 'error',
  comment: 'A stage knows no other stage: only the loop that sequences them and main.ts do.',
  from: { path: `^services/${service}/src/(${names})\\.ts$` },
  to: { path: `^services/${service}/src/(${names})\\.ts$` },
});

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'services-apart',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'packages-below-services',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^services/' },
    },
    {
      name: 'stand-ins-only-in-tests',
      severity: 'error',
      comment: 'What runs in production knows nothing of local/ and packages/testing.',
      from: {
        path: '^(packages|services)/',
        pathNot: ['^packages/testing/', '^services/[^/]+/testing/', '\\.test\\.ts$'],
      },
      to: { path: '^(local|packages/testing)/' },
    },
    {
      name: 'web-imports-only-shared',
      severity: 'error',
      from: { path: '^services/frontend/web/' },
      to: { path: '^(packages|local|services/frontend/server)/' },
    },
    sdk('queue', '^packages/queue/', '@aws-sdk/client-sqs'),
    sdk('vector-index', '^packages/vector-index/', '@pinecone-database/pinecone'),
    sdk('embedding', '^packages/embedding/', 'openai'),
    sdk('postgres', '^packages/postgres/', 'pg'),
    stages('pelican', 'wake|claim|render|publish|backfill/backfill'),
    stages('emu', 'receive|decode|embed|upsert|acknowledge|extend-visibility'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.vue'],
    },
  },
};
