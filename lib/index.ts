// Public API for Node: re-exports only.

export type { AccessToken } from './cbs/claim-keeper.js'
export {
  type ConnectionString,
  parseConnectionString,
} from './cbs/connection-string.js'
export { JWTTokenAuth, type JWTTokenAuthOptions } from './cbs/jwt.js'
export { createSasToken, SASTokenAuth, type SASTokenAuthOptions } from './cbs/sas.js'
export { TokenAuth, type TokenAuthOptions } from './cbs/token-auth.js'
export { AMQPClient } from './client/amqp-client.js'
export type { AMQPClientOptions, RedirectOptions } from './client/client-options.js'
export {
  type ReceiveManyOptions,
  type ReceiveOnceOptions,
  receiveMessage,
  receiveMessages,
  sendBatch,
  sendMessage,
} from './client/one-shot.js'
export {
  type ReceiveBatchOptions,
  ReceiveClient,
  type ReceiveClientOptions,
  type ReceiveMessagesOptions,
} from './client/receive-client.js'
export {
  type SendAllOptions,
  type SendBatchOptions,
  SendClient,
  type SendClientOptions,
  type SendMessageOptions,
} from './client/send-client.js'
export type { OnSendComplete } from './client/send-queue.js'
export type { Authenticator } from './connection/authenticator.js'
export { Connection } from './connection/connection.js'
export {
  ErrorAction,
  type ErrorActionOptions,
  ErrorPolicy,
  type ErrorPolicyOptions,
} from './connection/error-policy.js'
export { type BatchOptions, MessageReceiver } from './connection/message-receiver.js'
export { MessageSender, type SendOptions } from './connection/message-sender.js'
export type { ConnectionOptions, LinkSettings, RcvSettleMode, SndSettleMode } from './connection/options.js'
export type { DeliveryOutcome, Settled } from './connection/outcome.js'
export {
  type ReceiverOptions,
  type SenderOptions,
  Session,
  type SessionOptions,
} from './connection/session.js'
export * from './constants.js'
export * from './errors.js'
export { BatchMessage, type BatchMessageOptions } from './message/batch-message.js'
export { MessageHeader } from './message/header.js'
export { Message, type MessageInput } from './message/message.js'
export type { MessageOptions } from './message/message-options.js'
export { MessageProperties } from './message/properties.js'
export { Source, type SourceFields, Target, type TargetFields } from './message/terminus.js'
export type { AnswerLink, LinkMaker, PairedLinkOptions, RequestLink } from './mgmt/link-maker.js'
export {
  type MgmtExecuteOptions,
  MgmtOperation,
  type MgmtOperationOptions,
  type MgmtResult,
} from './mgmt/mgmt-operation.js'
export type { MgmtRequestOptions } from './mgmt/mgmt-request.js'
export { RequestReply, type RequestReplyOptions } from './mgmt/request-reply.js'
export { SASLAnonymous } from './sasl/anonymous.js'
export type { BearerToken, FetchedToken, TokenRequest } from './sasl/bearer.js'
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
export type { AMQPTypeName } from './types/codes.js'
export type { DecodeLimits } from './types/cursor.js'
export { type AMQPMapKey, type AMQPValue, decode } from './types/decode.js'
export { decodeTyped } from './types/decode-typed.js'
export { encode } from './types/encode.js'
export type { Fields, InputFields, MessageId, Outcome } from './types/messaging.js'
export {
  AMQPArray,
  AMQPBinary,
  AMQPBoolean,
  AMQPByte,
  AMQPChar,
  AMQPDecimal32,
  AMQPDecimal64,
  AMQPDecimal128,
  AMQPDescribed,
  AMQPDouble,
  AMQPFloat,
  type AMQPInput,
  type AMQPInputObject,
  AMQPInt,
  AMQPList,
  AMQPLong,
  AMQPMap,
  AMQPNull,
  AMQPShort,
  AMQPString,
  AMQPSymbol,
  AMQPTimestamp,
  AMQPType,
  AMQPUuid,
  AMQPuByte,
  AMQPuInt,
  AMQPuLong,
  AMQPuShort,
} from './types/wrappers.js'
export type { AbortSignalLike, WaitOptions } from './util/deferred.js'
export type { PlatformAbortSignal } from './util/platform-abort-signal.js'
