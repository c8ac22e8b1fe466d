import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/*
 * What `make check` asks of the dependencies. From package-lock.json alone: each comes from the registry, with the
 * hash of its content, and what is used in production may be. From the registry, where it can say: no known
 * vulnerability of high severity in what is used in production.
 */

/** OFL: the page's font. */
const allowedLicences = new Set(
  '0BSD Apache-2.0 BSD-2-Clause BSD-3-Clause CC0-1.0 ISC MIT OFL-1.1'.split(' '),
);
/**
 * Of these packages only, each read: both ask for no more than MIT does. PSF is Python's own licence, which argparse was
 * ported under, and Unlicense gives a work to the public. @kubernetes/client-node brings both.
 */
const allowedOfPackages = new Map([
  ['argparse', 'PSF-2.0'],
  ['stream-buffers', 'Unlicense'],
]);

const { packages } = JSON.parse(readFileSync(process.argv[2] ?? 'package-lock.json', 'utf8'));
const faults = [
  ...Object.entries(packages).flatMap(([path, entry]) => faultsOf(path, entry)),
  ...vulnerabilities(),
];
for (const fault of faults) console.error(`dependencies: ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;

function faultsOf(path, entry) {
  const at = path.lastIndexOf('node_modules/');
  // A workspace, by its folder, or the link to it.
  if (at === -1 || (entry.link === true && packages[entry.resolved]?.name?.startsWith('@aviary/')))
    return [];
  const packageName = path.slice(at + 'node_modules/'.length);
  const name = `${packageName} ${entry.version ?? ''}`.trim();
  const found = [];
  // npm leaves out the address of what comes from the registry, see .npmrc.
  if (entry.resolved !== undefined)
    found.push(`${name} comes from ${entry.resolved}, and not from the registry`);
  // What is bundled is in the content of the package that brings it.
  if (entry.inBundle !== true && !/^sha512-/.test(entry.integrity ?? ''))
    found.push(`${name} has no SHA-512 in package-lock.json: install it anew`);
  const isRead =
    entry.license !== undefined && allowedOfPackages.get(packageName) === entry.license;
  if (entry.dev !== true && !isRead && !isAllowed(entry.license))
    found.push(
      `${name} has the licence ${entry.license ?? '(none)'}: choose another package, or allow it in ${import.meta.filename} after reading it`,
    );
  return found;
}

/** An SPDX expression of OR and AND without nesting is all that packages write. */
function isAllowed(licence = '') {
  return licence
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((each) => allowedLicences.has(each)));
}

function vulnerabilities() {
  const { stdout } = spawnSync(
    'npm',
    ['audit', '--omit=dev', '--audit-level=high', '--json', '--package-lock-only'],
    { encoding: 'utf8', timeout: 60_000 },
  );
  const answer = parsed(stdout);
  if (answer?.vulnerabilities === undefined) {
    const reason = answer?.error?.summary || answer?.message || 'npm audit gave no answer';
    console.error(
      `dependencies: WARNING: VULNERABILITIES WERE NOT CHECKED, the registry cannot say: ${reason}`,
    );
    return [];
  }
  return Object.values(answer.vulnerabilities)
    .filter(({ severity }) => severity === 'high' || severity === 'critical')
    .map(
      ({ name, severity, via }) =>
        `${name} is vulnerable (${severity}): ${via.map((cause) => cause.title ?? cause).join('; ')}; see "npm audit"`,
    );
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
