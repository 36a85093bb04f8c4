// Public API for Node: re-exports only.

export { AMQPClient, type AMQPClientOptions } from './client/amqp-client.js'
export {
  type ReceiveManyOptions,
  type ReceiveOnceOptions,
  receiveMessage,
  receiveMessages,
  sendMessage,
} from './client/one-shot.js'
export {
  ReceiveClient,
  type ReceiveBatchOptions,
  type ReceiveClientOptions,
  type ReceiveMessagesOptions,
} from './client/receive-client.js'
export { SendClient, type SendClientOptions, type SendMessageOptions } from './client/send-client.js'
export { Connection } from './connection/connection.js'
export { type BatchOptions, MessageReceiver } from './connection/message-receiver.js'
export { MessageSender, type SendOptions } from './connection/message-sender.js'
export type { ConnectionOptions, LinkSettings, RcvSettleMode, SndSettleMode } from './connection/options.js'
export type { DeliveryOutcome, Settled } from './connection/outcome.js'
export { type ReceiverOptions, type SenderOptions, Session, type SessionOptions } from './connection/session.js'
export * from './constants.js'
export * from './errors.js'
export { MessageHeader } from './message/header.js'
export { Message, type MessageInput } from './message/message.js'
export type { MessageOptions } from './message/message-options.js'
export { MessageProperties } from './message/properties.js'
export { Source, type SourceFields, Target, type TargetFields } from './message/terminus.js'
export type { BearerToken, FetchedToken, TokenRequest } from './sasl/bearer.js'
export { SASLAnonymous } from './sasl/anonymous.js'
export { SASLExternal } from './sasl/external.js'
export type { SaslAuth, SaslHost, SaslMechanism } from './sasl/mechanism.js'
export { SASLMssbcbs } from './sasl/mssbcbs.js'
export { SASLOAuthBearer, type SASLOAuthBearerOptions } from './sasl/oauthbearer.js'
export { SASLPassword } from './sasl/password.js'
export { SASLPlain, type SASLPlainOptions } from './sasl/plain.js'
export { SASLScram, type SASLScramOptions } from './sasl/scram.js'
export type { ScramName } from './sasl/scram-keys.js'
export { SASLXOAuth2, type SASLXOAuth2Options } from './sasl/xoauth2.js'
export { frameLog } from './trace/frame-log.js'
export type { TraceDirection, Tracer } from './trace/tracer.js'
export { memoryPair } from './transport/memory.js'
export type { HttpProxyOptions } from './transport/proxy-options.js'
export type { TlsMaterial, TlsOptions } from './transport/tls-options.js'
export type { Transport } from './transport/transport.js'
export type { WebSocketClass, WebSocketLike, WebSocketOptions } from './transport/websocket-options.js'
export * from './types/index.js'
export type { AbortSignalLike, WaitOptions } from './util/deferred.js'
