using System.Globalization;
using ModelService.Models.Errors;

namespace ModelService.Api.Requests;

/// <summary>The place of a page in the list of a data set's images.</summary>
/// <param name="Revision">The revision that is listed; null: the current one.</param>
/// <param name="Index">The place of the page's first image in it.</param>
internal sealed record ImageCursor(int? Revision, int Index)
{
    /// <summary>Reads a cursor.</summary>
    /// <param name="text">The cursor; null for the first page.</param>
    /// <param name="revision">The revision that the client asks for; null for none.</param>
    public static Outcome<ImageCursor> Read(string? text, int? revision)
    {
        if (text is null)
            return new ImageCursor(revision, 0);
        return
            text.Split('-') is [var number, var index]
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var known)
            && int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var place)
            && (revision is null || revision == known)
            ? new ImageCursor(known, place)
            : new Failure(
                ErrorCode.MalformedRequest,
                "The cursor is not next_cursor of a page of this list, or it is of another revision."
            );
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Revision}-{Index}");
}
