namespace ModelService.Models.Errors;

/// <summary>
/// The kind of an error, as a client can act on it. On the wire a code is written in snake_case; the API maps it to an
/// HTTP status.
/// </summary>
public enum ErrorCode
{
    /// <summary>The request can't be read: malformed JSON, a missing part, too many images.</summary>
    MalformedRequest,

    /// <summary>The request has no API key, or an unknown one.</summary>
    Unauthenticated,

    /// <summary>The API key is known, but lacks the scope for this request.</summary>
    Forbidden,

    /// <summary>The client sent too many requests, or too many wrong API keys.</summary>
    RateLimited,

    /// <summary>The client sent its request too slowly.</summary>
    RequestTimeout,

    /// <summary>The request was not answered before its deadline.</summary>
    DeadlineExceeded,

    /// <summary>No model has the requested name.</summary>
    ModelNotFound,

    /// <summary>A model with this name exists already.</summary>
    ModelExists,

    /// <summary>The model has no version with the requested number.</summary>
    VersionNotFound,

    /// <summary>
    /// The state of the version does not allow the request, such as weights for a version that has some.
    /// </summary>
    VersionConflict,

    /// <summary>The model exists, but can't serve requests yet, or not any more.</summary>
    ModelNotReady,

    /// <summary>No data set has the requested name, or it has no revision of the requested number.</summary>
    DatasetNotFound,

    /// <summary>A data set with this name exists already.</summary>
    DatasetExists,

    /// <summary>
    /// The data sets would have more images, classes or bytes than the limits allow. Nothing was changed.
    /// </summary>
    DatasetTooLarge,

    /// <summary>The files of the data set are damaged or can't be read.</summary>
    DatasetUnavailable,

    /// <summary>The data set has no image with this id, or its bytes were purged.</summary>
    ImageNotFound,

    /// <summary>The data set has this image already, with another label or in another split.</summary>
    ImageExists,

    /// <summary>The label is missing, is no class of the data set, or can't be a label.</summary>
    LabelInvalid,

    /// <summary>The zip archive, or an entry of it, is damaged, encrypted or not allowed.</summary>
    ArchiveUnreadable,

    /// <summary>The version has no evaluation with this id.</summary>
    EvaluationNotFound,

    /// <summary>
    /// The state of the evaluation does not allow the request, such as reading a report that is not there yet.
    /// </summary>
    EvaluationConflict,

    /// <summary>The model has no classes for labels of the data set.</summary>
    LabelsUnknown,

    /// <summary>Nothing can be trained with the data set: too few classes, or a class without images.</summary>
    DatasetUnsuitable,

    /// <summary>There is no training with this id.</summary>
    TrainingNotFound,

    /// <summary>The state of the training does not allow the request, such as a removal while it runs.</summary>
    TrainingConflict,

    /// <summary>There is no quantization in the background with this id.</summary>
    QuantizationNotFound,

    /// <summary>The state of the quantization does not allow the request: a removal while it runs.</summary>
    QuantizationConflict,

    /// <summary>The data set has no image in the split.</summary>
    SplitEmpty,

    /// <summary>The body has more bytes than the endpoint accepts.</summary>
    BodyTooLarge,

    /// <summary>
    /// An image has more bytes or pixels than the limits allow, or the images of a request have more pixels together.
    /// </summary>
    ImageTooLarge,

    /// <summary>The endpoint does not accept the content type.</summary>
    UnsupportedMediaType,

    /// <summary>
    /// The definition is well-formed JSON, but not a model that can be built. Every error is listed.
    /// </summary>
    DefinitionInvalid,

    /// <summary>The bytes are not an image of a supported format, or the image is damaged.</summary>
    ImageUndecodable,

    /// <summary>The shape or the values of a tensor don't match the model's input.</summary>
    InputMismatch,

    /// <summary>The weights were read, but don't match the architecture.</summary>
    WeightsMismatch,

    /// <summary>
    /// The weights file is damaged, of an unknown format, or contains code, which this server never executes.
    /// </summary>
    WeightsUnreadable,

    /// <summary>Too much work is waiting: a limit is reached, or the scores would miss the deadline.</summary>
    Overloaded,

    /// <summary>
    /// The probe of the network failed: the separate process that compiled and ran it ended early, took too long, or
    /// took too much memory. This machine can't compute the network.
    /// </summary>
    PlanRejected,

    /// <summary>
    /// The version can't be quantized: too few images or too little variety, its scores would change by more than the
    /// budget, or nothing would get faster.
    /// </summary>
    QuantizationRejected,

    /// <summary>The device does not have enough memory.</summary>
    OutOfMemory,

    /// <summary>The server only serves the stored models, and changes none.</summary>
    ReadOnly,

    /// <summary>No stored API key has this name.</summary>
    KeyNotFound,

    /// <summary>There is, or was, a stored API key of this name.</summary>
    KeyExists,

    /// <summary>
    /// The storage can't be used: the disk is full, read-only or broken, or the database or the blob store can't be
    /// reached.
    /// </summary>
    StorageUnavailable,

    /// <summary>The server is shutting down and accepts no new requests.</summary>
    ShuttingDown,

    /// <summary>The path does not exist on this server.</summary>
    NotFound,

    /// <summary>The path exists, but does not support the HTTP method.</summary>
    MethodNotAllowed,
}
