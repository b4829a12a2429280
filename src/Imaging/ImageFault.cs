namespace ModelService.Imaging;

/// <summary>Why a picture was rejected.</summary>
public enum ImageFault
{
    /// <summary>The bytes are not a picture of a supported format, or the picture is damaged.</summary>
    Undecodable,

    /// <summary>The picture, or the resized picture, has more bytes or pixels than the limits allow.</summary>
    TooLarge,
}
