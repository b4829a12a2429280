namespace ModelService.Imaging;

/// <summary>Why a picture was refused.</summary>
public enum ImageFault
{
    /// <summary>The bytes are no picture of a supported format, or a damaged one.</summary>
    Undecodable,

    /// <summary>The picture, or what the resize would make of it, has more bytes or pixels than the limits allow.</summary>
    TooLarge,
}
