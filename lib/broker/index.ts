// `amqp1/broker`: a broker inside the process, for tests, samples and demonstrations.

export { EmbeddedBroker } from './embedded-broker.js'
export type { NodeContext, NodeHandler } from './node.js'
export type { BrokerOptions, CbsOptions, QueueAnswer, QueueOptions } from './options.js'
export type { BrokerQueue } from './queue.js'
export type { ServiceBusOptions } from './service-bus/options.js'
