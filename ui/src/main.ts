import 'pretendard/dist/web/variable/pretendardvariable.css';
import './lib/tokens.css';
import './lib/base.css';
import './lib/widgets.css';

import { mount } from 'svelte';

import App from './App.svelte';
import { choose } from './lib/api';

const target = document.getElementById('app');
if (target === null) throw new Error('the page has no place for the window');
await choose();
mount(App, { target });
