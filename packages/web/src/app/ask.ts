/** Asked before React DOM is read, which takes a slow processor its time: the answer is made meanwhile. */
import { askFirst } from './first.ts';
import { routeAt } from './routes.ts';

askFirst(routeAt(location.pathname)?.route);
