import { loadModel } from '@lilformer/models'; import { openEngine } from '@lilformer/engine'; await openEngine();
for (const f of process.argv.slice(2)) try { const { model, generationConfig } = await loadModel(f); console.log('ok', f, model.constructor.name, JSON.stringify(model.config).slice(0,300)); } catch (e) { console.log('ERR', e.message.slice(0,300)); }
