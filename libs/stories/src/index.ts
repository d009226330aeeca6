export { stories, type StoriesOptions } from './stories.js';
