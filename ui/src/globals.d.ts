/** Whether the calls are answered in memory, without the program behind the window. */
declare const __FAKE__: boolean;
