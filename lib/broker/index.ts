// `amqp1/broker`: a broker inside the process, for tests, samples and demonstrations.

export { EmbeddedBroker } from './embedded-broker.js'
export type { BrokerEventHub } from './event-hubs/hub.js'
export type { EventHubOptions } from './event-hubs/options.js'
export type { BrokerPartition } from './event-hubs/partition.js'
export type { RedirectTarget } from './moved.js'
export type { NodeContext, NodeHandler } from './node.js'
export type {
  BrokerOptions,
  BrokerWebSocketOptions,
  CbsOptions,
  QueueAnswer,
  QueueOptions,
} from './options.js'
export type { BrokerQueue } from './queue.js'
export type { ServiceBusOptions } from './service-bus/options.js'
