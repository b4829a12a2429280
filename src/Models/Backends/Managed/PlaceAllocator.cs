namespace ModelService.Models.Backends.Managed;

/// <summary>Gives values places in memory, and gives places that are free again to others.</summary>
internal sealed class PlaceAllocator
{
    private readonly List<Place> used = []; // by their offsets

    /// <summary>Numbers that were in use at once.</summary>
    public long Length { get; private set; }

    /// <summary>Takes the first gap that is large enough.</summary>
    /// <param name="layout">What has to fit.</param>
    public Place Take(NhwcLayout layout)
    {
        var (offset, index) = (0L, 0);
        for (; index < used.Count && used[index].Offset - offset < layout.Length; index++)
            offset = End(used[index]);
        var place = new Place(offset, layout);
        used.Insert(index, place);
        Length = Math.Max(Length, End(place));
        return place;
    }

    /// <summary>Frees a place that was taken.</summary>
    public void Free(Place place) => used.Remove(place);

    private static long End(Place place) => place.Offset + NhwcLayout.RoundUp(place.Layout.Length);
}
