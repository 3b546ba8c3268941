import config from './playwright.config.ts';

export default { ...config, projects: undefined, testDir: 'bench', workers: 1, fullyParallel: false, reporter: [['line']] };
