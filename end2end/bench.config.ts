import config from './playwright.config.ts';

export default { ...config, testDir: 'bench', workers: 1, fullyParallel: false, reporter: [['line']] };
