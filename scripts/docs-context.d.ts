// What the fragments of code in README.md and docs take for granted.

declare const sender: import('amqp1').SendClient
declare const receiver: import('amqp1').ReceiveClient
declare function handle(what: unknown): Promise<void>
