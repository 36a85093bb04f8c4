// The vocabulary of uAMQP: states, modes, results, ports and limits. The numbers are API values; where the wire
// knows the same thing they are translated there, never cast.

export const MessageState = Object.freeze({
  WaitingToBeSent: 0,
  WaitingForSendAck: 1,
  SendComplete: 2,
  SendFailed: 3,
  ReceivedUnsettled: 4,
  ReceivedSettled: 5,
} as const)
/** Where a message stands, sent or received. */
export type MessageState = (typeof MessageState)[keyof typeof MessageState]

export const MessageSendResult = Object.freeze({ Ok: 0, Error: 1, Timeout: 2, Cancelled: 3 } as const)
export type MessageSendResult = (typeof MessageSendResult)[keyof typeof MessageSendResult]

export const MessageSenderState = Object.freeze({
  Idle: 0,
  Opening: 1,
  Open: 2,
  Closing: 3,
  Error: 4,
} as const)
/** Where a sending client stands. */
export type MessageSenderState = (typeof MessageSenderState)[keyof typeof MessageSenderState]

export const MessageReceiverState = Object.freeze({
  Idle: 0,
  Opening: 1,
  Open: 2,
  Closing: 3,
  Error: 4,
} as const)
/** Where a receiving client stands. */
export type MessageReceiverState = (typeof MessageReceiverState)[keyof typeof MessageReceiverState]

export const TransportType = Object.freeze({ Amqp: 0, AmqpOverWebsocket: 1 } as const)
export type TransportType = (typeof TransportType)[keyof typeof TransportType]

export const MessageBodyType = Object.freeze({ Data: 0, Value: 1, Sequence: 2 } as const)
/** The three kinds of body [3.2.6–3.2.8]. */
export type MessageBodyType = (typeof MessageBodyType)[keyof typeof MessageBodyType]

export const SenderSettleMode = Object.freeze({ Unsettled: 0, Settled: 1, Mixed: 2 } as const)
/** Unsettled: each send waits for the peer's outcome. Settled: sent and forgotten. Mixed: chosen per message [2.8.2]. */
export type SenderSettleMode = (typeof SenderSettleMode)[keyof typeof SenderSettleMode]

export const ReceiverSettleMode = Object.freeze({ PeekLock: 0, ReceiveAndDelete: 1 } as const)
/** PeekLock: the broker keeps a message until it is settled. ReceiveAndDelete: it is gone when it was sent. */
export type ReceiverSettleMode = (typeof ReceiverSettleMode)[keyof typeof ReceiverSettleMode]

export const Role = Object.freeze({ Sender: 0, Receiver: 1 } as const)
export type Role = (typeof Role)[keyof typeof Role]

export const CBSOperationResult = Object.freeze({ Ok: 0, Error: 1, OperationFailed: 2, Timeout: 3 } as const)
export type CBSOperationResult = (typeof CBSOperationResult)[keyof typeof CBSOperationResult]

export const CBSOpenState = Object.freeze({ Closed: 0, Opening: 1, Open: 2, Error: 3 } as const)
export type CBSOpenState = (typeof CBSOpenState)[keyof typeof CBSOpenState]

export const CBSAuthStatus = Object.freeze({
  Idle: 0,
  InProgress: 1,
  Complete: 2,
  Expired: 3,
  Error: 4,
  RefreshRequired: 5,
} as const)
export type CBSAuthStatus = (typeof CBSAuthStatus)[keyof typeof CBSAuthStatus]

export const MgmtExecuteResult = Object.freeze({ Ok: 0, Error: 1, Timeout: 2 } as const)
export type MgmtExecuteResult = (typeof MgmtExecuteResult)[keyof typeof MgmtExecuteResult]

export const MgmtOpenStatus = Object.freeze({ Closed: 0, Opening: 1, Open: 2, Error: 3 } as const)
export type MgmtOpenStatus = (typeof MgmtOpenStatus)[keyof typeof MgmtOpenStatus]

/** Every error condition of the specification [2.8.15–2.8.18, 4.5.8], by uAMQP's names. */
export const ErrorCodes = Object.freeze({
  InternalServerError: 'amqp:internal-error',
  IllegalState: 'amqp:illegal-state',
  DecodeError: 'amqp:decode-error',
  NotFound: 'amqp:not-found',
  NotImplemented: 'amqp:not-implemented',
  NotAllowed: 'amqp:not-allowed',
  InvalidField: 'amqp:invalid-field',
  ResourceLocked: 'amqp:resource-locked',
  ResourceDeleted: 'amqp:resource-deleted',
  UnauthorizedAccess: 'amqp:unauthorized-access',
  FrameSizeTooSmall: 'amqp:frame-size-too-small',
  ResourceLimitExceeded: 'amqp:resource-limit-exceeded',
  PreconditionFailed: 'amqp:precondition-failed',
  ConnectionRedirect: 'amqp:connection:redirect',
  ConnectionCloseForced: 'amqp:connection:forced',
  ConnectionFramingError: 'amqp:connection:framing-error',
  SessionWindowViolation: 'amqp:session:window-violation',
  SessionErrantLink: 'amqp:session:errant-link',
  SessionHandleInUse: 'amqp:session:handle-in-use',
  SessionUnattachedHandle: 'amqp:session:unattached-handle',
  LinkRedirect: 'amqp:link:redirect',
  LinkStolen: 'amqp:link:stolen',
  LinkDetachForced: 'amqp:link:detach-forced',
  LinkTransferLimitExceeded: 'amqp:link:transfer-limit-exceeded',
  LinkMessageSizeExceeded: 'amqp:link:message-size-exceeded',
  TransactionUnknownId: 'amqp:transaction:unknown-id',
  TransactionRollback: 'amqp:transaction:rollback',
  TransactionTimeout: 'amqp:transaction:timeout',
} as const)
export type ErrorCodes = (typeof ErrorCodes)[keyof typeof ErrorCodes]

export const DEFAULT_AMQPS_PORT = 5671
export const DEFAULT_AMQP_PORT = 5672
export const DEFAULT_AMQP_WS_PORT = 80
export const DEFAULT_AMQP_WSS_PORT = 443
/** Name and descriptor of the filter that holds a selector in the syntax of JMS. */
export const STRING_FILTER = 'apache.org:selector-filter:string'
/** Node that is asked for management unless another is named. */
export const MGMT_TARGET = '$management'
/** Application property of a management request that names the operation. */
export const OPERATION = 'operation'
/** The operation that tells of an entity. */
export const READ_OPERATION = 'READ'
/** Life of a shared-access signature that the library makes, in seconds. */
export const AUTH_EXPIRATION_SECS = 3600
/** How long before its expiry a token is renewed, in seconds. */
export const AUTH_REFRESH_SECS = 600
/** Largest frame we take unless told otherwise, in bytes. */
export const MAX_FRAME_SIZE_BYTES = 65536
/** Size that a batch of messages is kept to where the peer names no limit, in bytes; uAMQP's limit for any message. */
export const MAX_MESSAGE_LENGTH_BYTES = 1048576
/** Message format of a batch whose data sections are messages themselves. */
export const BATCH_MESSAGE_FORMAT = 0x80013700
