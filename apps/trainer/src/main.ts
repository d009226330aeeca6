console.log(process.argv.slice(2), process.env.INIT_CWD, process.cwd(), process.stdout.isTTY);
process.on('SIGINT', () => {
  console.log('got sigint');
  setTimeout(() => {
    console.log('saved');
    process.exit(0);
  }, 1500);
});
if (process.argv.includes('--wait')) setInterval(() => {}, 1000);
