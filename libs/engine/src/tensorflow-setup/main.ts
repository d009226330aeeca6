#!/usr/bin/env node
// The command lilformer-tensorflow.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { missingForGpu, missingInTensorFlow, thisMachine } from '../backends/gpu.js';
import { addonOf, installedTensorFlow } from '../backends/tensorflow.js';
import { HELP, parseCommand } from './command-line.js';
import { install, packageFor, receiptIn } from './install.js';

const say = (line: string): void => console.log(line);

function status(): void {
  for (const gpu of [false, true]) {
    const name = packageFor(gpu);
    const folder = installedTensorFlow(name);
    if (!folder) {
      say(`${name}: not installed`);
      continue;
    }
    say(`${name}: in ${folder}`);
    const receipt = receiptIn(folder);
    if (!existsSync(addonOf(folder))) say('  addon: not built');
    else if (!receipt) say('  addon: not built by this command');
    else {
      const { tensorflow, cuda, wheel, built, node } = receipt;
      say(
        `  TensorFlow ${tensorflow} ${cuda ? 'with' : 'without'} CUDA from ${wheel}, built ${built} by Node ${node}`,
      );
    }
    if (gpu)
      say(
        `  GPU: ${missingForGpu(thisMachine) ?? missingInTensorFlow(thisMachine, folder) ?? 'nothing missing'}`,
      );
  }
}

async function uninstall(gpu: boolean): Promise<void> {
  const name = packageFor(gpu);
  const folder = installedTensorFlow(name);
  if (!folder) throw new Error(`${name} is not installed here`);
  if (!receiptIn(folder)) throw new Error(`${folder}: not built by this command. Use npm uninstall ${name}`);
  // The addon first: without it the package counts as not built.
  for (const part of ['lib', 'deps']) await rm(join(folder, part), { recursive: true, force: true });
  say(`${name}: removed addon and libraries; npm uninstall ${name} removes the rest`);
}

try {
  const command = parseCommand(process.argv.slice(2));
  if (command.kind === 'help') say(HELP);
  else if (command.kind === 'install') await install(command, say);
  else if (command.kind === 'status') status();
  else await uninstall(command.gpu);
} catch (error) {
  console.error(`lilformer-tensorflow: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
