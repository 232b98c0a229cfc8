/* Completing an order by the primary key. */
#include "db/order.h"

static weir__order part_of(const weir__layout *layout, size_t column, const weir_order *said)
{
	bool placed = said->nulls != WEIR_NULLS_DEFAULT && layout->columns[column].nullable;

	return (weir__order){
		.column = (uint8_t)column,
		.descending = said->descending,
		.nulls_first = placed ? said->nulls == WEIR_NULLS_FIRST : said->descending,
	};
}

size_t weir__order_complete(const weir__layout *layout, const weir_orders *orders, weir__order order[WEIR__COLUMNS_MAX])
{
	weir__mask seen = 0;
	size_t     count = 0;

	for (size_t i = 0; i < orders->count; i++) {
		if (layout->key_mask && (seen & layout->key_mask) == layout->key_mask)
			break;
		int column = weir__layout_find(layout, orders->items[i].column.offset);
		if (column < 0 || seen >> column & 1)
			continue;
		seen |= (weir__mask)1 << column;
		order[count++] = part_of(layout, (size_t)column, &orders->items[i]);
	}
	for (size_t i = 0; i < layout->key_count; i++)
		if (!(seen >> layout->key[i] & 1))
			order[count++] = (weir__order){ .column = layout->key[i] };
	return count;
}

void weir__order_reverse(weir__order *order, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		order[i].descending = !order[i].descending;
		order[i].nulls_first = !order[i].nulls_first;
	}
}
