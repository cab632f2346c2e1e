package org.spiceshm.protocol.qxl;

/**
 * A guest's mistake, as a value: it is counted, its command is released, and the device goes on. The names say which
 * check refused; the comments, where the check comes from.
 */
public enum GuestFault {
    // addresses
    /** A QXLPHYSICAL names a slot that no guest may use (CVE-2019-3813: the comparison is half-open). */
    SLOT_ID_OUT_OF_RANGE,
    /** A QXLPHYSICAL names a slot that has not been added. */
    SLOT_INACTIVE,
    /** A QXLPHYSICAL carries another generation than its slot. */
    SLOT_GENERATION_MISMATCH,
    /** A range does not lie whole inside its slot (CVE-2022-4144: the length is part of the check). */
    ADDRESS_OUTSIDE_SLOT,
    /** MEMSLOT_ADD: the slot's number is not 1..7 (0 is compat mode's). */
    MEMSLOT_ID_OUT_OF_RANGE,
    /** MEMSLOT_ADD: the slot is in use. */
    MEMSLOT_ALREADY_ACTIVE,
    /** MEMSLOT_ADD: start and end do not lie in one of BAR 0, 1 and 4, or the range is empty. */
    MEMSLOT_OUTSIDE_BARS,
    /** MEMSLOT_DEL: the slot has not been added. */
    MEMSLOT_NOT_ACTIVE,

    // rings and commands
    /** The guest's producer index is more than a whole ring ahead of ours. */
    RING_INDEX_OUT_OF_RANGE,
    /** An unknown command type (the reference aborts the VM on it). */
    COMMAND_TYPE_UNKNOWN,
    /** A drawing command on the cursor ring, or a cursor command on the command ring. */
    COMMAND_ON_WRONG_RING,
    /** A surface command in compat mode, which has one surface and knows of no other. */
    COMMAND_IN_WRONG_MODE,
    /** A message that has no end within the limit. */
    MESSAGE_TOO_LONG,
    /** An unknown kind of drawable. */
    DRAW_TYPE_UNKNOWN,
    /** A command with more memory behind it than a slot can hold a copy of. */
    COMMAND_TOO_LARGE,

    // chunk lists
    /** More chunks than the limit; a circular list ends here. */
    CHUNKS_TOO_MANY,
    /** Chunks whose bytes add up to more than the limit. */
    CHUNK_DATA_TOO_LARGE,

    // surfaces
    /** A surface number that is not below n_surfaces (CVE-2015-5260). */
    SURFACE_ID_OUT_OF_RANGE,
    /** A surface that does not exist, named by a command (CVE-2015-5260). */
    SURFACE_ABSENT,
    /** A surface that exists is created again. */
    SURFACE_ALREADY_EXISTS,
    /** An unknown surface command. */
    SURFACE_COMMAND_UNKNOWN,
    /** An unknown surface format. */
    SURFACE_FORMAT_UNKNOWN,
    /** A surface without area. */
    SURFACE_SIZE_ZERO,
    /** A surface wider or higher than any device makes. */
    SURFACE_TOO_LARGE,
    /** A stride that is no multiple of four, too small for the width, or the negative of nothing (CVE-2016-2150). */
    SURFACE_STRIDE_INVALID,
    /** A drawable that names a dependency that does not exist (CVE-2015-5260). */
    SURFACE_DEPENDENCY_ABSENT,
    /** A primary larger than the memory set aside for it (CVE-2016-2150); or a VGA picture larger than we have memory. */
    PRIMARY_TOO_LARGE,
    /** CREATE_PRIMARY while there is a primary; it is replaced. */
    PRIMARY_ALREADY_EXISTS,
    /** A primary is needed and there is none. */
    PRIMARY_ABSENT,

    // drawables
    /** A box with a negative coordinate, or past the surface: the whole drawable is dropped. */
    BOX_OUTSIDE_SURFACE,
    /** An unknown clip type. */
    CLIP_TYPE_UNKNOWN,
    /** num_rects and the bytes of the chunks do not agree. */
    CLIP_RECTS_MISMATCH,
    /** More clip rectangles than the limit. */
    CLIP_RECTS_TOO_MANY,
    /** An unknown brush type. */
    BRUSH_TYPE_UNKNOWN,
    /** An operation whose image is null, and that has none of its own. */
    IMAGE_ABSENT,
    /** An image type that no guest may use. */
    IMAGE_TYPE_NOT_ALLOWED,
    /** A bitmap format past the table (CVE-2015-5261). */
    BITMAP_FORMAT_UNKNOWN,
    /** A bitmap without area. */
    BITMAP_SIZE_INVALID,
    /** A stride too small for the width (CVE-2015-5261). */
    BITMAP_STRIDE_TOO_SMALL,
    /** stride x height over 2^31 - 1 (CVE-2015-5261). */
    BITMAP_TOO_LARGE,
    /** Fewer bytes than stride x height (CVE-2015-5261). */
    BITMAP_DATA_TOO_SHORT,
    /** A QUIC picture without area, or of more pixels than we decode. */
    QUIC_SIZE_INVALID,
    /** A QUIC picture whose chunks hold fewer bytes than it says, or more than the limit. */
    QUIC_DATA_SIZE_MISMATCH,
    /** A QUIC picture that does not decode to what its descriptor says (CVE-2020-14355). */
    QUIC_MALFORMED,
    /** A drawing on a picture of the surface itself that lies outside the surface. */
    SELF_BITMAP_OUTSIDE_SURFACE,
    /** A palette format without a palette. */
    PALETTE_ABSENT,
    /** A palette of more entries than the format can name. */
    PALETTE_TOO_LARGE,
    /** A mask that is not of one bit a pixel. */
    MASK_FORMAT_INVALID,
    /** A source area outside the image (CVE-2015-5261). */
    SOURCE_AREA_OUTSIDE_IMAGE,
    /** A path whose segments do not fit its bytes. */
    PATH_MALFORMED,
    /** A string whose glyphs do not fit its bytes. */
    STRING_MALFORMED,
    /** A line style without dashes. */
    LINE_STYLE_MALFORMED,

    // pointer
    /** An unknown cursor command. */
    CURSOR_COMMAND_UNKNOWN,
    /** An unknown kind of shape. */
    CURSOR_TYPE_UNKNOWN,
    /** A shape larger than 512 x 512 (CVE-2021-4206). */
    CURSOR_TOO_LARGE,
    /** A shape whose bytes are fewer than its copied header needs (CVE-2021-4207). */
    CURSOR_DATA_TOO_SHORT,

    // ports
    /** A port that this device has never had, or that no device has ever implemented. */
    PORT_UNKNOWN,
    /** A port that does not act in VGA or in compat mode; an asynchronous one raises IO_CMD all the same. */
    PORT_IN_WRONG_MODE,
    /** A second asynchronous port while one is at work. */
    ASYNC_WHILE_PENDING,
    /** An update area that is empty or negative. */
    UPDATE_AREA_INVALID,
    /** A monitors config whose copied count is 0 or over the limit (CVE-2015-3247). */
    MONITORS_CONFIG_COUNT,
    /** SET_MODE: the number is not the id of a mode in the ROM's table. */
    MODE_UNKNOWN,

    /** Nothing wrong with it, but this version does not do it; README's status table says what. */
    UNSUPPORTED
}
